#!/usr/bin/env node
import { command } from '../dist/cli/aggregate.js'
import { run } from '../dist/cli/run.js'
await run(command)
