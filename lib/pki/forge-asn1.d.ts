// The types of node-forge cover its full bundle only. Its ASN.1 file alone loads in less than half the time.
declare module 'node-forge/lib/asn1.js' {
  import { asn1 } from 'node-forge';
  export = asn1;
}
