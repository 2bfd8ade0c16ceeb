/**
 * What every TLS connection of every program is made with. All of it is said, because Node and OpenSSL take whatever isn't
 * from the environment: `NODE_OPTIONS` (`--tls-min-v1.0`, `--tls-max-v1.2`, `--tls-cipher-list`) and `OPENSSL_CONF`. A
 * client also says `ca` and `rejectUnauthorized`, or `NODE_TLS_REJECT_UNAUTHORIZED=0` would switch the check off.
 */
export const tlsOptions = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
} as const;
