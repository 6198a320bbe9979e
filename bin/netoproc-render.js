#!/usr/bin/env node
import { command } from '../dist/cli/render.js'
import { run } from '../dist/cli/run.js'
await run(command)
