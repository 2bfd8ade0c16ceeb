/** What an agent may call. The name is part of what is signed, so that a request is good for one method alone. */
export type AgentMethod = 'CheckIn' | 'ResolveSecrets' | 'ReportRun' | 'WakeUp';

/** What an envoy signs: its calls, and the renewal of its certificate, which goes over HTTPS because that may be over. */
export type RequestMethod = AgentMethod | 'RenewCertificate';
