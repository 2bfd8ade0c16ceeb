export { main, runThread } from './main.js';
export { type RunningServer, type ServerOptions, startServer } from './start.js';
