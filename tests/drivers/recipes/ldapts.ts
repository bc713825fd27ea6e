import { Client } from "npm:ldapts@8.2.0";
import { connect } from "@nss/nss/node";

export const openLdap = (url: string, ca: string, cert?: string, key?: string) =>
  new Client({ url, tlsOptions: { ca, cert, key }, createSecureConnection: connect });
