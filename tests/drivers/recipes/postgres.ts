import tls from "node:tls";
import postgres from "npm:postgres@3.4.9";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // postgres calls it after PostgreSQL's STARTTLS

export const openSql = (options: object, ca: string, cert?: string, key?: string) =>
  postgres({ ...options, ssl: { ca, cert, key } });
