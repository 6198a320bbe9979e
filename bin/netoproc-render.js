#!/usr/bin/env node
import { start } from '../dist/cli/start.js'
await start('netoproc-render', () => import('../dist/bundle/netoproc-render/command.js'))
