#!/usr/bin/env node
import { isMainThread } from 'node:worker_threads';
import { main, runThread } from '../lib/server/index.js';

// A thread of the server starts from this same file and does its own work.
if (isMainThread) process.exitCode = await main(process.argv.slice(2), process.env);
else await runThread();
