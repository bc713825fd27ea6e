// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssContext } from "../../pkcs11/context/context.ts";
import { configMPServerSIDCache } from "../../ssl/nss/config_mp_server_sid_cache.ts";
import { configServerSessionIDCache } from "../../ssl/nss/config_server_session_id_cache.ts";
import { forgetSessions, type SessionsToForget } from "../../ssl/nss/forget_sessions.ts";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import { PKI } from "../ssl/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Sessions that are used once, or forgotten";

const newContext = () => new NssContext({ trustAnchors: [] });
const forget = (where: object) =>
  forgetSessions({ where: where as SessionsToForget, context: newContext() });

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`forgetSessions()` of nothing in particular",
    make: () => forget({}),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where is empty; to forget all sessions, say all: true",
  },
  {
    mistake: "a condition whose value is missing",
    make: () => forget({ certificate: undefined }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where is empty; to forget all sessions, say all: true",
  },
  {
    mistake: "`all: false`",
    make: () => forget({ all: false }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where.all is false, not true",
  },
  {
    mistake: "all, and some",
    make: () => forget({ all: true, serverName: "a.test" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where has all: true and other members; give one or the others",
  },
  {
    mistake: "a condition that there is not",
    make: () => forget({ hostname: "a.test" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where has no member hostname",
  },
  {
    mistake: "a misspelt condition",
    make: () => forget({ servername: "a.test" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where has no member servername; did you mean serverName?",
  },
  {
    mistake: "a certificate as bytes",
    make: () => forget({ certificate: PKI.client.cert.der }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where.certificate is an object of type Uint8Array, " +
      "not a certificate; decode it with parseCertificate()",
  },
  {
    mistake: "an authority by its name as text",
    make: () => forget({ authority: "CN=Test Root" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where.authority is a string, not a certificate; " +
      "decode it with parseCertificate()",
  },
  {
    mistake: "a time as a number",
    make: () => forget({ authenticatedBefore: 1 }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where.authenticatedBefore is 1, not a Date",
  },
  {
    mistake: "`forgetSessions()` without `where`",
    make: () => forgetSessions({} as { where: SessionsToForget }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot forget sessions: where is missing",
  },
  {
    mistake: "`forgetSessions()` while the store is away",
    make: async () => {
      const context = newContext();
      const get = () => Promise.reject(new Error("down"));
      const store = Object.assign(new MemorySessionStore(), { get });
      await configMPServerSIDCache({ store, context });
      await forgetSessions({ where: { all: true }, context });
    },
    name: "SEC_ERROR_IO",
    says: "Cannot forget sessions everywhere: the session store failed or did not answer; this " +
      "process has forgotten them, others may still resume them; call again when it is back",
  },
  {
    mistake: "`singleUse` as a number",
    make: () =>
      configServerSessionIDCache({
        singleUse: 1 as unknown as boolean,
        context: newContext(),
      }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot configure session cache: singleUse is 1, not true or false",
  },
  {
    mistake: "`onStoreFault` that is no function",
    make: () =>
      configMPServerSIDCache({
        onStoreFault: "log" as unknown as () => void,
        context: newContext(),
      }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot configure session cache: onStoreFault is a string, not a function",
  },
];
