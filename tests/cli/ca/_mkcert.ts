// Copyright 2026 the NSS for Deno authors. MIT license.

/** What mkcert does, and how `nss ca` does it: docs/cli.md has the table. @module */

/** A thing that mkcert does. */
export interface MkcertRow {
  /** Its option, or what it does without any; a name stands for the environment. */
  readonly mkcert: string;
  /** How `nss ca` does it: its options must be there. */
  readonly ours: string;
}

/** Each option of mkcert 1.4, and what it does without asking. */
export const MKCERT: readonly MkcertRow[] = [
  { mkcert: "-install", ours: "`nss ca create DIR NAME`, then `nss ca trust DIR --yes`" },
  { mkcert: "-uninstall", ours: "`nss ca untrust DIR --yes`" },
  { mkcert: "NAME...", ours: "`nss ca issue DIR NAME...`: hosts, addresses, mailboxes" },
  { mkcert: "-cert-file, -key-file", ours: "`nss ca issue --out FILE --key-out FILE`" },
  {
    mkcert: "-p12-file, -pkcs12",
    ours: "`nss ca issue --p12 FILE`; its password is asked for, where mkcert's is `changeit`",
  },
  { mkcert: "-client", ours: "`nss ca issue --client`" },
  {
    mkcert: "-ecdsa",
    ours: "what is made without an option; `nss ca issue --type rsa-2048` makes RSA",
  },
  {
    mkcert: "-csr",
    ours: "`nss ca issue --csr FILE`; purposes and the subject are the authority's to say",
  },
  { mkcert: "-CAROOT, CAROOT", ours: "the folder is named each time" },
  {
    mkcert: "TRUST_STORES",
    ours: "`nss ca trust --stores system,firefox,chromium`; none of Java's",
  },
  {
    mkcert: "the root may certify every name there is",
    ours: "private names and addresses; `nss ca create --names` says others",
  },
  {
    mkcert: "the key of the root is not encrypted",
    ours: "it is encrypted, or in a token: `nss ca create --module LIB`",
  },
  {
    mkcert: "stores are changed at once",
    ours: "they are printed; `nss ca trust --yes` changes them",
  },
  {
    mkcert: "what was issued is not remembered",
    ours: "`nss ca list`, `nss ca renew`, `nss ca revoke` and `nss ca serve-crl`",
  },
];
