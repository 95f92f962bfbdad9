// lookup.mjs KIND NAME…: what Node says. KIND: any, v4, v6 (dns.lookup, that is libc), a, aaaa, srv, cname (dns.resolve, that is
// c-ares). For each pair a line: kind, name, milliseconds, error or -, values; tabs between.
import { promises as dns } from "node:dns";

const lookup = (family) => async (name) => (await dns.lookup(name, { all: true, family })).map((each) => each.address);
const kinds = {
  any: lookup(0),
  v4: lookup(4),
  v6: lookup(6),
  a: (name) => dns.resolve4(name),
  aaaa: (name) => dns.resolve6(name),
  cname: (name) => dns.resolveCname(name),
  srv: async (name) => (await dns.resolveSrv(name)).map((each) => `${each.port} ${each.name}`),
};
const errors = { ENOTFOUND: "absent", ENODATA: "nodata", EAI_AGAIN: "again" };

for (let i = 2; i + 1 < process.argv.length; i += 2) {
  const [kind, name] = process.argv.slice(i, i + 2);
  const start = performance.now();
  let error = "-";
  let values = [];
  try {
    values = await kinds[kind](name);
  } catch (reason) {
    error = errors[reason.code] ?? reason.code ?? String(reason);
  }
  console.log([kind, name, Math.round(performance.now() - start), error, ...values].join("\t"));
}
