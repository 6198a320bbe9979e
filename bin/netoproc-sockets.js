#!/usr/bin/env node
import { command } from '../dist/cli/sockets.js'
import { run } from '../dist/cli/run.js'
await run(command)
