#!/usr/bin/env node
import { letHeapRest } from '../dist/cli/idle-heap.js'
letHeapRest()
const { start } = await import('../dist/cli/start.js')
await start('netoproc', () => import('../dist/bundle/netoproc/command.js'))
