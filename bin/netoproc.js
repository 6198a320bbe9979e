#!/usr/bin/env node
import { letHeapRest } from '../dist/cli/idle-heap.js'
letHeapRest()
const { command } = await import('../dist/cli/netoproc.js')
const { run } = await import('../dist/cli/run.js')
await run(command)
