#!/usr/bin/env node
import { start } from '../dist/cli/start.js'
await start('netoproc-capture', () => import('../dist/bundle/netoproc-capture/command.js'))
