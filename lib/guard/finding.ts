export type GuardRule =
  | 'vigo_path' // Vigo's own files and folders
  | 'vigo_service' // Vigo's own services and packages
  | 'system_root' // a whole tree of the system
  | 'raw_device'; // a disk below its file system

/** Why an action is refused. */
export interface GuardFinding {
  readonly rule: GuardRule;
  readonly message: string;
  readonly hint: string;
}

const HINTS: Readonly<Record<GuardRule, string>> = {
  vigo_path: 'use the commands of vigocli and vigo for what belongs to Vigo',
  vigo_service: 'an agent that a resource stops can never be told to start again',
  system_root: 'name what lies below it',
  raw_device: 'prepare disks before the machine is enrolled',
};

export function finding(rule: GuardRule, message: string): GuardFinding {
  return { rule, message, hint: HINTS[rule] };
}
