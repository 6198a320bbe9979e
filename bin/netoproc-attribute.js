#!/usr/bin/env node
import { command, run } from '../dist/bundle/netoproc-attribute/command.js'
await run(command)
