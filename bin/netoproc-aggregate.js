#!/usr/bin/env node
import { start } from '../dist/cli/start.js'
await start('netoproc-aggregate', () => import('../dist/bundle/netoproc-aggregate/command.js'))
