// Frames of a capture file that Apple's kernel has put a PKTAP header before: it named the process of each, and so the file does.

import { LINKTYPE_PKTAP, readPktap } from '../decode/pktap.ts'
import type { Frame, FrameSink } from '../port.ts'
import { NO_OWNER } from '../../record/owner-table.ts'
import { printable } from '../../record/printable.ts'
import { NO_IFACE, type Tables } from '../../record/record-batch.ts'

/** Apple's number for it, which is everybody's DLT_USER2: Apple's tools have written it to files. */
const DLT_USER2 = 149

/** Frames of such a link type go through takePktap. */
export function mayHavePktap(linkType: number): boolean {
  return linkType === LINKTYPE_PKTAP || linkType === DLT_USER2
}

/** Hands a frame on with what its header says of it; the frame's bytes stay as they are. */
export function takePktap(frame: Frame, tables: Tables, sink: FrameSink): void {
  const { view, offset, capturedLength, linkType, iface } = frame
  const header = readPktap(view, offset, offset + capturedLength)
  if (header !== undefined) {
    frame.linkType = LINKTYPE_PKTAP
    // In pcapng the file itself names the interface of each packet.
    if (iface === NO_IFACE && header.iface !== '')
      frame.iface = tables.ifaces.intern(printable(header.iface, 64))
    // A pid alone says little of a time that is over.
    if (header.pid >= 0 && header.process !== '')
      frame.owner = tables.owners.intern(header.pid, null, printable(header.process, 256), null)
  }
  sink.frame(frame)
  frame.linkType = linkType
  frame.iface = iface
  frame.owner = NO_OWNER
}
