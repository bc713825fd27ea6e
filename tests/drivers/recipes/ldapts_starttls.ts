import { Client } from "npm:ldapts@8.2.0";
import { connect } from "@nss/nss/node";

export async function openLdap(url: string, ca: string, cert?: string, key?: string) {
  const client = new Client({ url, createSecureConnection: connect });
  await client.startTLS({ ca, cert, key, host: new URL(url).hostname });
  return client;
}
