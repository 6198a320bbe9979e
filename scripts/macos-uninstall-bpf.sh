#!/bin/sh
# Takes away what macos-install-bpf.sh set up: the launch daemon, the members that it added to the group access_bpf, and the
# group itself if it made it and nobody else, as Wireshark's ChmodBPF, uses it.
#
#     sudo sh macos-uninstall-bpf.sh
set -eu

GROUP=access_bpf
LABEL=netoproc.bpf
PLIST=/Library/LaunchDaemons/$LABEL.plist
FOLDER="/Library/Application Support/netoproc"
MADE="$FOLDER/made"
WIRESHARK=/Library/LaunchDaemons/org.wireshark.ChmodBPF.plist

[ "$(uname -s)" = Darwin ] || {
	echo "macos-uninstall-bpf.sh: this is for macOS" >&2
	exit 3
}
[ "$(id -u)" = 0 ] || {
	echo "macos-uninstall-bpf.sh: run it as root: sudo sh $0" >&2
	exit 1
}

launchctl bootout "system/$LABEL" 2>/dev/null || true
rm -f "$PLIST" "$FOLDER/bpf-access.sh"

if [ -f "$MADE" ]; then
	sed -n 's/^user //p' "$MADE" | while IFS= read -r user; do
		dseditgroup -q -o edit -d "$user" -t user "$GROUP" || true
	done
	if grep -qx group "$MADE"; then
		members=$(dscl . -read "/Groups/$GROUP" GroupMembership 2>/dev/null | sed 's/^GroupMembership:* *//') || true
		if [ -f "$WIRESHARK" ] || [ -n "$members" ]; then
			echo "the group $GROUP stays: others use it"
		else
			dseditgroup -q -o delete "$GROUP"
		fi
	fi
	rm -f "$MADE"
fi
rmdir "$FOLDER" 2>/dev/null || true
if [ ! -f "$WIRESHARK" ]; then
	chgrp wheel /dev/bpf*
	chmod g-rw /dev/bpf*
fi
echo "the launch daemon is gone; /dev/bpf* are for root alone, unless another program has set them up"
