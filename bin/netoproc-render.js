#!/usr/bin/env node
import { command, run } from '../dist/bundle/netoproc-render/command.js'
await run(command)
