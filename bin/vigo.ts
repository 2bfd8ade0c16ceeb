#!/usr/bin/env node
import { isMainThread } from 'node:worker_threads';
import { main } from '../lib/agent/index.js';

if (isMainThread) process.exitCode = await main(process.argv.slice(2));
