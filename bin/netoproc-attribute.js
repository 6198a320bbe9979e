#!/usr/bin/env node
import { start } from '../dist/cli/start.js'
await start('netoproc-attribute', () => import('../dist/bundle/netoproc-attribute/command.js'))
