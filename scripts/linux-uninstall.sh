#!/bin/sh
# Takes away what linux-install.sh set up: the rule for sudo, netoproc-run, and the group netoproc.
#
#     sudo sh linux-uninstall.sh
set -eu

[ "$(id -u)" = 0 ] || {
	echo "linux-uninstall.sh: run it as root: sudo sh $0" >&2
	exit 1
}
rm -f /etc/sudoers.d/netoproc /usr/local/sbin/netoproc-run
if getent group netoproc >/dev/null; then groupdel netoproc; fi
echo "the group netoproc, its rule for sudo and netoproc-run are gone"
