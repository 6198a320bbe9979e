#!/usr/bin/env node
import { command, run } from '../dist/bundle/netoproc-sockets/command.js'
await run(command)
