// V8's memory reducer collects a process that rests: twice a heap of 10 MB, some 70 ms of processor time, from 8 s after the
// start, to give back 7 MB. To a monitor that idles at 2 ms a second that is most of what it costs. Collections for want of
// room stay as they are.

import { setFlagsFromString } from 'node:v8'

/** Call before modules are loaded: V8 reads the flag when the heap has grown by a megabyte. */
export function letHeapRest(): void {
  setFlagsFromString('--no-memory-reducer-for-small-heaps')
}
