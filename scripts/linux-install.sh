#!/bin/sh
# Lets members of the group "netoproc" run netoproc on Linux without a password and without being root:
#
#     sudo sh linux-install.sh [USER]...          afterwards, as USER:  sudo netoproc-run netoproc
#
# node itself gets no capability: every script that anybody runs with it would have them. Instead sudo may start one fixed
# program, netoproc-run, which becomes the user who called again, keeps the few capabilities below, and runs netoproc with
# the node and the files that are named in it. Those must belong to root: whoever can change them has these rights.
# What a member of the group can do then: with those capabilities, what netoproc does: see which process talks to whom, and all names that are looked up.
# linux-uninstall.sh takes everything away again.
set -eu

GROUP=netoproc
RUN=/usr/local/sbin/netoproc-run
RULE=/etc/sudoers.d/netoproc
# net_raw: packets (AF_PACKET). sys_ptrace, dac_read_search: which process has which socket (/proc/PID/fd of other users).
NEEDED=net_raw,sys_ptrace,dac_read_search
# bpf, net_admin, perfmon: the kernel's own counters by process (eBPF). Left out where the system does not know them.
COUNTERS=bpf,net_admin,perfmon

fail() {
	echo "linux-install.sh: $1" >&2
	exit "${2:-4}"
}

[ "$(uname -s)" = Linux ] || fail "this is for Linux; on macOS, run netoproc with sudo" 3
[ "$(id -u)" = 0 ] || fail "run it as root: sudo sh $0 ${1:-$(id -un)}" 1
for tool in sudo visudo setpriv groupadd usermod readlink stat; do
	command -v "$tool" >/dev/null || fail "needs $tool, which is not installed"
done
for user in "$@"; do
	id -u "$user" >/dev/null 2>&1 || fail "no user \"$user\"" 3
done

NODE=$(readlink -f "$(command -v node || true)") || true
[ -x "${NODE:-}" ] || fail "node is not in root's PATH ($PATH)"
PACKAGE=$(readlink -f "$(dirname "$0")/..")
if [ ! -f "$PACKAGE/bin/netoproc.js" ] || [ ! -d "$PACKAGE/dist" ]; then fail "$PACKAGE is no built netoproc"; fi

# What sudo will start must be root's alone, up to the root of the file system.
only_root_writes() {
	path=$1
	while :; do
		owner=$(stat -c %u "$path")
		mode=$(stat -c %a "$path")
		[ "$owner" = 0 ] || return 1
		# Group's and others' right to write: 2 in either of the last two digits.
		case $mode in *[2367][0-7] | *[0-7][2367]) return 1 ;; esac
		[ "$path" = / ] && return 0
		path=$(dirname "$path")
	done
}
for path in "$NODE" "$PACKAGE"; do
	only_root_writes "$path" || fail "$path can be changed by others than root, who would have these rights then; install as root first: npm pack && sudo npm install -g ./netoproc-*.tgz"
done
if [ -n "$(find "$PACKAGE" ! -type l \( ! -user 0 -o -perm /022 \) -print 2>/dev/null | head -n 1)" ]; then
	fail "files in $PACKAGE can be changed by others than root; install as root first: npm pack && sudo npm install -g ./netoproc-*.tgz"
fi
case $NODE$PACKAGE in *[!A-Za-z0-9_./@+-]*) fail "unusual characters in $NODE or $PACKAGE" ;; esac

plus() { echo "+$1" | sed 's/,/,+/g'; }
works_with() { setpriv --inh-caps "$(plus "$1")" --ambient-caps "$(plus "$1")" true 2>/dev/null; }
CAPABILITIES=$NEEDED
works_with "$NEEDED" || fail "this root cannot pass on $NEEDED (in a container?)"
if works_with "$NEEDED,$COUNTERS"; then
	CAPABILITIES=$NEEDED,$COUNTERS
else
	echo "without $COUNTERS, which this system does not have: packets are counted, not eBPF counters"
fi

getent group "$GROUP" >/dev/null || groupadd --system "$GROUP"
for user in "$@"; do usermod -a -G "$GROUP" "$user"; done

umask 022
cat >"$RUN.new" <<END
#!/bin/sh
# Written by netoproc's linux-install.sh. Started by sudo: see $RULE.
set -eu
name=\${1:-}
case \$name in
netoproc | netoproc-capture | netoproc-sockets | netoproc-attribute) shift ;;
*) echo 'netoproc-run: usage: sudo netoproc-run netoproc|netoproc-capture|netoproc-sockets|netoproc-attribute [OPTION]...' >&2; exit 3 ;;
esac
if [ -z "\${SUDO_UID:-}" ] || [ "\$(id -u)" != 0 ]; then
	echo 'netoproc-run: start it with sudo' >&2
	exit 1
fi
exec setpriv --reuid "\$SUDO_UID" --regid "\$SUDO_GID" --init-groups --no-new-privs \\
	--bounding-set=-all,$(plus "$CAPABILITIES") --inh-caps=$(plus "$CAPABILITIES") --ambient-caps=$(plus "$CAPABILITIES") \\
	-- $NODE $PACKAGE/bin/"\$name".js "\$@"
END
chmod 755 "$RUN.new"
cat >"$RULE.new" <<END
# Written by netoproc's linux-install.sh. sudo cleans the environment, so that NODE_OPTIONS and the like do not get through.
Defaults!$RUN env_reset, !setenv
%$GROUP ALL=(root) NOPASSWD: $RUN
END
chmod 440 "$RULE.new"
if ! visudo -c -q -f "$RULE.new"; then
	rm -f "$RULE.new" "$RUN.new"
	fail "sudo does not accept the rule"
fi
mv "$RUN.new" "$RUN"
mv "$RULE.new" "$RULE"

echo "group $GROUP may run: sudo netoproc-run netoproc (with $CAPABILITIES)"
if [ $# -gt 0 ]; then
	echo "$*: log in again first"
else
	echo "add users with: usermod -a -G $GROUP USER"
fi
