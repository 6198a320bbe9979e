#!/usr/bin/env node
import { command, run } from '../dist/bundle/netoproc-aggregate/command.js'
await run(command)
