#!/bin/sh
# Lets members of the group "access_bpf" capture packets on macOS without being root:
#
#     sudo sh macos-install-bpf.sh [USER]...      without USER: who called sudo
#
# macOS makes /dev/bpf* anew at each start, for root alone. A launch daemon gives the group the right to read them, as
# ChmodBPF of Wireshark does, whose group this is: whoever has Wireshark's needs nothing more. What a member of the group can do then: read
# all packets of this Mac, with any program. Names and traffic of all processes need no such right.
# macos-uninstall-bpf.sh takes away what this has made, and nothing else.
set -eu

GROUP=access_bpf
LABEL=netoproc.bpf
PLIST=/Library/LaunchDaemons/$LABEL.plist
FOLDER="/Library/Application Support/netoproc"
# What was made here, for the uninstaller: "group", and "user NAME" for each member that was added.
MADE="$FOLDER/made"

fail() {
	echo "macos-install-bpf.sh: $1" >&2
	exit "${2:-4}"
}

[ "$(uname -s)" = Darwin ] || fail "this is for macOS; on Linux: linux-install.sh" 3
[ "$(id -u)" = 0 ] || fail "run it as root: sudo sh $0" 1
if [ $# = 0 ]; then
	[ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ] || fail "which user? sudo sh $0 USER" 3
	set -- "$SUDO_USER"
fi
for user in "$@"; do
	id -u "$user" >/dev/null 2>&1 || fail "no user \"$user\"" 3
done

umask 022
mkdir -p "$FOLDER"
chown root:wheel "$FOLDER"
chmod 755 "$FOLDER"
touch "$MADE"

if ! dscl . -read "/Groups/$GROUP" >/dev/null 2>&1; then
	dseditgroup -q -o create -r 'Access to BPF devices' "$GROUP"
	echo group >>"$MADE"
fi
for user in "$@"; do
	if dseditgroup -q -o checkmember -m "$user" "$GROUP" >/dev/null 2>&1; then continue; fi
	dseditgroup -q -o edit -a "$user" -t user "$GROUP"
	echo "user $user" >>"$MADE"
done

cat >"$FOLDER/bpf-access.sh" <<END
#!/bin/sh
# Written by netoproc's macos-install-bpf.sh; started at boot by launchd: $PLIST.
# Opening the last device makes the next one: as many are made as programs will want, so that all of them have the group.
most=\$(sysctl -n debug.bpf_maxdevices 2>/dev/null || echo 256)
[ "\$most" -le 256 ] || most=256
i=0
while [ "\$i" -lt "\$most" ]; do
	true </dev/bpf\$i || true
	i=\$((i + 1))
done 2>/dev/null
chgrp $GROUP /dev/bpf*
chmod g+r /dev/bpf*
END
chmod 755 "$FOLDER/bpf-access.sh"

cat >"$PLIST" <<END
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>$LABEL</string>
	<key>ProgramArguments</key>
	<array>
		<string>/bin/sh</string>
		<string>$FOLDER/bpf-access.sh</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
</dict>
</plist>
END
chown root:wheel "$PLIST" "$FOLDER/bpf-access.sh"
chmod 644 "$PLIST"

launchctl bootout "system/$LABEL" 2>/dev/null || true
launchctl bootstrap system "$PLIST"

echo "members of the group $GROUP may capture packets, from now on and after each start"
echo "$*: log in again first"
