// A pktap interface, for root: it shows the packets of other interfaces, each behind a header that names its process;
// bsd/net/pktap.h, bsd/net/pktap.c. It stays when its maker ends, unless it is destroyed.

import type { FileDescriptor } from '../file-descriptor.ts'
import { ifreq } from './generated/interfaces.ts'
import {
  PKTAP_FILTER_OP_PASS,
  PKTAP_FILTER_OP_SKIP,
  PKTAP_FILTER_PARAM_IF_NAME,
  PKTAP_FILTER_PARAM_IF_TYPE,
  PKTAP_IFNAME,
  PKTAP_MAX_FILTERS,
  PKTP_CMD_FILTER_SET,
  SIOCIFCREATE,
  SIOCIFDESTROY,
  SIOCSDRVSPEC,
  ifdrv,
  pktap_filter,
} from './generated/pktap.ts'
import { AF_INET, SOCK_DGRAM } from './generated/system.ts'
import { addressOf, ioctl, socket } from './libsystem.ts'
import { viewOf } from './struct.ts'

/** Which interfaces to show: the first rule that fits decides; what none fits is not shown. */
export type PktapRule =
  { readonly show: boolean; readonly type: number } | { readonly show: boolean; readonly name: string }

/** Rule for interfaces of every type. */
export const EVERY_TYPE = 0
export const MAX_RULES = PKTAP_MAX_FILTERS

export class PktapInterface {
  /** pktap0 … */
  readonly name: string
  private readonly socket: FileDescriptor

  /** @throws SystemError EPERM without root */
  constructor(rules: readonly PktapRule[]) {
    this.socket = socket('socket(AF_INET)', AF_INET, SOCK_DGRAM, 0)
    let name: string | undefined
    try {
      const request = new Uint8Array(ifreq.size)
      ifreq.fields.ifr_name.setText(viewOf(request), 0, PKTAP_IFNAME)
      ioctl('SIOCIFCREATE(pktap)', this.socket, SIOCIFCREATE, request)
      this.name = name = ifreq.fields.ifr_name.text(viewOf(request), 0)
      this.setRules(rules)
    } catch (error) {
      if (name !== undefined) this.destroy()
      else this.socket.close()
      throw error
    }
  }

  /** Takes the interface away. @throws SystemError */
  destroy(): void {
    if (this.socket.isClosed) return
    try {
      const request = new Uint8Array(ifreq.size)
      ifreq.fields.ifr_name.setText(viewOf(request), 0, this.name)
      ioctl(`SIOCIFDESTROY(${this.name})`, this.socket, SIOCIFDESTROY, request)
    } finally {
      this.socket.close()
    }
  }

  private setRules(rules: readonly PktapRule[]): void {
    if (rules.length > MAX_RULES) throw new RangeError(`${rules.length} rules: ${MAX_RULES} at most`)
    const filters = new Uint8Array(MAX_RULES * pktap_filter.size)
    const view = viewOf(filters)
    const { fields } = pktap_filter
    for (const [i, rule] of rules.entries()) {
      const at = i * pktap_filter.size
      fields.filter_op.set(view, at, rule.show ? PKTAP_FILTER_OP_PASS : PKTAP_FILTER_OP_SKIP)
      if ('name' in rule) {
        fields.filter_param.set(view, at, PKTAP_FILTER_PARAM_IF_NAME)
        fields['param_._filter_if_name'].setText(view, at, rule.name)
      } else {
        fields.filter_param.set(view, at, PKTAP_FILTER_PARAM_IF_TYPE)
        fields['param_._filter_if_type'].set(view, at, rule.type)
      }
    }
    const request = new Uint8Array(ifdrv.size)
    const requestView = viewOf(request)
    ifdrv.fields.ifd_name.setText(requestView, 0, this.name)
    ifdrv.fields.ifd_cmd.set(requestView, 0, PKTP_CMD_FILTER_SET)
    ifdrv.fields.ifd_len.set(requestView, 0, filters.length)
    ifdrv.fields.ifd_data.set(requestView, 0, addressOf(filters))
    ioctl('SIOCSDRVSPEC(pktap)', this.socket, SIOCSDRVSPEC, request)
  }
}
