// Pieces of the programs that name owners: has the socket changed hands?
//
// Asked for every datagram sent and every read, and answered for nearly all by one word of an array: the socket's cookie and
// the process that used it last. Another word says nothing: then the holder is asked for, in the socket itself where this kernel
// lets all our programs have that, else by its cookie.

import { helper, sockAddr } from '../../native/linux/bpf/helper.ts'
import {
  type Register,
  add,
  and,
  call,
  jump,
  jumpIf,
  label,
  load,
  loadMap,
  loadMapValue,
  lsh,
  mov,
  or,
  store,
} from '../../native/linux/bpf/instruction.ts'
import { BPF_SK_STORAGE_GET_F_CREATE } from '../../native/linux/bpf/socket-storage.ts'
import {
  COOKIE,
  type Context,
  type OwnerMaps,
  type OwnerOptions,
  PROCESS,
  SCRATCH,
  SOCKET,
  type TaskOffsets,
  VALUE,
  countLost,
  lookup,
  update,
  which,
  who,
} from './ebpf-event-code.ts'
import {
  EVENT_SHARED,
  MAX_USERS,
  PID_BITS,
  SEVERAL_USERS,
  SHARED_AFTER,
  holderValue,
  lostValue,
  totalsValue,
} from './ebpf-layout.ts'
import type { Code } from './ebpf-packet-code.ts'
import { cookieOf } from './ebpf-socket-code.ts'

/** linux/sched.h. */
export const PF_KTHREAD = 0x00200000
const WORD_SHIFT = 3
/** A lostValue on the stack: VALUE, and behind it PROCESS. */
const LOST = VALUE

/** to = address of the word of the socket whose cookie is in r7. Uses r1. */
function wordOf(to: Register, map: number): Code {
  return [
    mov('r1', 'r7'),
    and('r1', MAX_USERS - 1),
    lsh('r1', WORD_SHIFT),
    ...loadMapValue(to, map),
    add(to, 'r1'),
  ]
}

/** r1 = the word of a socket, cookie in r7, that the process at `process` on the stack uses. */
function wordWith(process: number): Code {
  return [mov('r1', 'r7'), lsh('r1', PID_BITS), load('u64', 'r2', 'r10', process), or('r1', 'r2')]
}

/** To `out` when the process at `process` on the stack is known to have used the socket last, whose cookie is in r7. */
export function unlessKnown(map: number, process: number): Code {
  return [
    ...wordOf('r3', map),
    load('u64', 'r3', 'r3', 0),
    ...wordWith(process),
    jumpIf('r1', '==', 'r3', 'out'),
  ]
}

/** The process is known from now on, and another that was is not. */
function remember(map: number, process: number): Code {
  return [...wordOf('r3', map), ...wordWith(process), store('u64', 'r3', 0, 'r1')]
}

/** r0 = the holder in the socket of the context in r6, made if there is none; to `out` where there can be none. */
export function inSocket(maps: Pick<OwnerMaps, 'holders'>, context: Context): Code {
  return [
    ...loadMap('r1', maps.holders),
    context === 'sockAddr'
      ? load('u64', 'r2', 'r6', sockAddr.sk)
      : context === 'packet'
        ? load('u64', 'r2', 'r10', SOCKET)
        : mov('r2', 'r6'),
    mov('r3', 0),
    mov('r4', BPF_SK_STORAGE_GET_F_CREATE),
    call(helper.sk_storage_get),
    jumpIf('r0', '==', 0, 'out'),
  ]
}

export function setHolder(maps: OwnerMaps, context: Context): Code {
  if (maps.isInSocket) {
    return [
      ...inSocket(maps, context),
      load('u64', 'r1', 'r10', PROCESS),
      store('u64', 'r0', holderValue.tgid, 'r1'),
    ]
  }
  return [
    load('u64', 'r1', 'r10', PROCESS),
    store('u64', 'r10', VALUE, 'r1'),
    ...update(maps.holders, COOKIE, VALUE),
  ]
}

/** Whoever uses the socket next is told of, as if nobody had used it before. */
function forgetUser(maps: OwnerMaps, context: Context): Code {
  return [
    ...wordOf('r3', maps.users),
    store('u64', 'r3', 0, 0),
    ...(maps.isInSocket
      ? inSocket(maps, context)
      : [...lookup(maps.holders, COOKIE), jumpIf('r0', '==', 0, 'out')]),
    store('u32', 'r0', holderValue.tgid, 0),
  ]
}

/** An event of the socket's making found no room. */
export function whenCreationIsLost(maps: OwnerMaps, context: Context): Code {
  return forgetUser(maps, context)
}

/**
 * An event of its use found no room: it is not told whose its packets are until it is used again, but it is kept who used it
 * meanwhile. What several share stays so, and is not told again.
 */
export function whenUseIsLost(maps: OwnerMaps, context: Context): Code {
  return [
    call(helper.ktime_get_ns),
    store('u64', 'r10', LOST + lostValue.monotonicNs, 'r0'),
    load('u64', 'r1', 'r10', SCRATCH),
    jumpIf('r1', '==', EVENT_SHARED, 'several-users'),
    ...lookup(maps.lost, COOKIE),
    jumpIf('r0', '==', 0, 'user-alone'),
    load('u64', 'r1', 'r0', lostValue.tgid),
    load('u64', 'r2', 'r10', LOST + lostValue.tgid),
    jumpIf('r1', '==', 'r2', 'user-alone'),
    label('several-users'),
    store('u64', 'r10', LOST + lostValue.tgid, SEVERAL_USERS),
    label('user-alone'),
    ...update(maps.lost, COOKIE, LOST),
    jumpIf('r0', '==', 0, 'user-kept'),
    ...countLost(maps, totalsValue.lostUsers),
    label('user-kept'),
    load('u64', 'r1', 'r10', SCRATCH),
    jumpIf('r1', '==', EVENT_SHARED, 'out'),
    ...forgetUser(maps, context),
  ]
}

/** A socket that is closed has no holder. */
export function forgetHolder(maps: OwnerMaps): Code {
  if (maps.isInSocket) return []
  return [...loadMap('r1', maps.holders), mov('r2', 'r10'), add('r2', COOKIE), call(helper.map_delete_elem)]
}

/**
 * To `out` in a thread of the kernel: it may write for a process (TLS in the kernel hands records to a worker), and is no
 * owner. Where task_struct is not known it cannot be told.
 */
export function unlessKernelThread(task: TaskOffsets | undefined): Code {
  if (task === undefined) return []
  return [
    store('u64', 'r10', VALUE, 0),
    call(helper.get_current_task),
    mov('r3', 'r0'),
    add('r3', task.flags),
    mov('r1', 'r10'),
    add('r1', VALUE),
    mov('r2', 4),
    call(helper.probe_read_kernel),
    load('u32', 'r1', 'r10', VALUE),
    jumpIf('r1', '&', PF_KTHREAD, 'out'),
  ]
}

/** r7 = the cookie, as fast as can be; 0 where the socket may have none yet. */
function quickCookie(context: Context, { cookieAt, socketTypes }: OwnerOptions): Code {
  // The context of a tracepoint's program is the kernel's own struct sock.
  if (context === 'none' && cookieAt !== undefined) return [load('u64', 'r7', 'r6', cookieAt)]
  if (context !== 'sockAddr' || socketTypes === undefined) return which()
  return [load('u64', 'r3', 'r6', sockAddr.sk), ...cookieOf('r3', 'r7', socketTypes)]
}

/**
 * As whoAndWhich, and goes on when the socket is new here or changes hands, else to `out`: that is decided first, as it is
 * what runs for every datagram and every read. Sets SCRATCH to EVENT_SHARED at the last change.
 */
export function ifHolderChanges(
  maps: OwnerMaps,
  context: Context,
  kind: number,
  options: OwnerOptions,
  unless: Code = [],
): Code {
  return [
    ...quickCookie(context, options),
    ...who(),
    ...unlessKnown(maps.users, PROCESS),
    store('u64', 'r10', SCRATCH, kind),
    ...which(),
    ...ifOtherHolder(maps, context, unless),
  ]
}

/**
 * Goes on when another process than the one at PROCESS has had the socket, whose cookie is in r7 and at COOKIE, else to `out`.
 * SCRATCH becomes EVENT_SHARED at the last change.
 */
export function ifOtherHolder(maps: OwnerMaps, context: Context, unless: Code = []): Code {
  return [
    ...(maps.isInSocket
      ? [...inSocket(maps, context), mov('r9', 'r0')]
      : [...lookup(maps.holders, COOKIE), jumpIf('r0', '==', 0, 'new-holder'), mov('r9', 'r0')]),
    load('u32', 'r1', 'r9', holderValue.tgid),
    jumpIf('r1', '==', 0, 'new-holder'),
    load('u64', 'r2', 'r10', PROCESS),
    jumpIf('r1', '!=', 'r2', 'other-holder'),
    ...remember(maps.users, PROCESS),
    jump('out'),
    label('other-holder'),
    ...unless,
    load('u32', 'r3', 'r9', holderValue.changes),
    jumpIf('r3', '>', SHARED_AFTER, 'out'),
    add('r3', 1),
    store('u32', 'r9', holderValue.changes, 'r3'),
    load('u64', 'r2', 'r10', PROCESS),
    store('u32', 'r9', holderValue.tgid, 'r2'),
    jumpIf('r3', '<=', SHARED_AFTER, 'emit'),
    store('u64', 'r10', SCRATCH, EVENT_SHARED),
    jump('emit'),
    label('new-holder'),
    ...unless,
    ...setHolder(maps, context),
    label('emit'),
    ...remember(maps.users, PROCESS),
  ]
}
