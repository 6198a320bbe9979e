// A process that counts with eBPF until it is killed: for the test that nothing is left behind.

import { EbpfKernel } from '../../src/attribute/linux/ebpf-kernel.ts'

const kernel = new EbpfKernel({ ifindexes: [] })
process.stdout.write('ready\n')
setInterval(() => kernel.events.read(() => {}), 1000)
