#!/usr/bin/env node
import { command, run } from '../dist/bundle/netoproc-capture/command.js'
await run(command)
