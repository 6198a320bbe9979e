#!/usr/bin/env node
import { start } from '../dist/cli/start.js'
await start('netoproc-sockets', () => import('../dist/bundle/netoproc-sockets/command.js'))
