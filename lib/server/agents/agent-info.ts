import type { AgentInfo } from '../../store/index.js';

/** Whether an agent understands less than the one before on the same machine. */
export function understandsLess(now: AgentInfo, before: AgentInfo): boolean {
  return now.protocol < before.protocol || before.resourceTypes.some((type) => !now.resourceTypes.includes(type));
}

/** An agent as the API and the audit log show it. */
export function agentView({ version, protocol, resourceTypes }: AgentInfo) {
  return { version, protocol, resource_types: resourceTypes };
}
