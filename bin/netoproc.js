#!/usr/bin/env node
import { letHeapRest } from '../dist/cli/idle-heap.js'
letHeapRest()
const { command, run } = await import('../dist/bundle/netoproc/command.js')
await run(command)
