// Every Cloud Map operation through the AWS SDK for JavaScript v3, against WAYPOST_ENDPOINT. One line an operation;
// exit code 1 when one of them did not do what it should.
import assert from 'node:assert/strict';
import * as sdk from '@aws-sdk/client-servicediscovery';

const client = new sdk.ServiceDiscoveryClient({
  endpoint: process.env.WAYPOST_ENDPOINT,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  disableHostPrefix: true,
  maxAttempts: 1,
});

const done = new Set();
const send = async (operation, input) => {
  const answer = await client.send(new sdk[`${operation}Command`](input));
  if (!done.has(operation)) console.log(`ok ${operation}`);
  done.add(operation);
  return answer;
};
const fails = async (error, operation, input) => {
  await assert.rejects(client.send(new sdk[`${operation}Command`](input)), (thrown) => {
    assert.equal(thrown.name, error);
    assert.ok(thrown instanceof sdk[error], `${error} is the modelled class`);
    assert.ok(thrown.message, 'an error says why');
    return true;
  });
};
const target = async ({ OperationId }, kind) => {
  const { Operation } = await send('GetOperation', { OperationId });
  assert.equal(Operation.Status, 'SUCCESS');
  assert.ok(Operation.CreateDate instanceof Date);
  return Operation.Targets[kind];
};
const ids = (instances) => instances.map((instance) => instance.InstanceId).sort();

// Namespaces
const http = await target(await send('CreateHttpNamespace', { Name: 'js-http', Tags: [{ Key: 'a', Value: 'b' }] }), 'NAMESPACE');
const hidden = await target(await send('CreatePrivateDnsNamespace', { Name: 'js.internal', Vpc: 'vpc-1' }), 'NAMESPACE');
const open = await target(await send('CreatePublicDnsNamespace', { Name: 'js.example' }), 'NAMESPACE');
const { Namespace } = await send('GetNamespace', { Id: open });
assert.equal(Namespace.Properties.DnsProperties.SOA.TTL, 60);
await send('UpdateHttpNamespace', { Id: http, Namespace: { Description: 'changed' } });
await send('UpdatePrivateDnsNamespace', { Id: hidden, Namespace: { Properties: { DnsProperties: { SOA: { TTL: 20 } } } } });
await send('UpdatePublicDnsNamespace', { Id: open, Namespace: { Description: 'changed' } });
const { Namespaces } = await send('ListNamespaces', { Filters: [{ Name: 'NAME', Values: ['js'], Condition: 'BEGINS_WITH' }] });
assert.equal(Namespaces.length, 3);
await fails('NamespaceAlreadyExists', 'CreatePublicDnsNamespace', { Name: 'js.example', CreatorRequestId: 'another' });
await fails('NamespaceNotFound', 'GetNamespace', { Id: 'ns-aaaaaaaaaaaaaaaa' });

// Services
const { Service: web } = await send('CreateService', {
  Name: 'web',
  NamespaceId: open,
  DnsConfig: { DnsRecords: [{ Type: 'A', TTL: 60 }] },
  HealthCheckCustomConfig: { FailureThreshold: 1 },
});
await send('UpdateService', { Id: web.Id, Service: { Description: 'changed', DnsConfig: { DnsRecords: [{ Type: 'A', TTL: 30 }] } } });
const { Service } = await send('GetService', { Id: web.Arn });
assert.deepEqual([Service.Description, Service.DnsConfig.DnsRecords[0].TTL], ['changed', 30]);
assert.ok(Service.CreateDate instanceof Date && Math.abs(Service.CreateDate - Date.now()) < 600_000);
const { Services } = await send('ListServices', { Filters: [{ Name: 'NAMESPACE_ID', Values: [open] }] });
assert.equal(Services.length, 1);
await send('UpdateServiceAttributes', { ServiceId: web.Id, Attributes: { a: '1', b: '2' } });
await send('DeleteServiceAttributes', { ServiceId: web.Id, Attributes: ['a'] });
const { ServiceAttributes } = await send('GetServiceAttributes', { ServiceId: web.Id });
assert.deepEqual(ServiceAttributes.Attributes, { b: '2' });
await fails('ServiceNotFound', 'GetService', { Id: 'srv-aaaaaaaaaaaaaaaa' });
await fails('InvalidInput', 'CreateService', { Name: '-', NamespaceId: open });

// Tags
await send('TagResource', { ResourceARN: web.Arn, Tags: [{ Key: 'team', Value: 'blue' }, { Key: 'x', Value: '' }] });
await send('UntagResource', { ResourceARN: web.Arn, TagKeys: ['x'] });
const { Tags } = await send('ListTagsForResource', { ResourceARN: web.Arn });
assert.deepEqual(Tags, [{ Key: 'team', Value: 'blue' }]);

// Instances
for (const i of [1, 2, 3]) {
  const answer = await send('RegisterInstance', {
    ServiceId: web.Id,
    InstanceId: `web-${i}`,
    Attributes: { AWS_INSTANCE_IPV4: `10.0.0.${i}`, stage: i < 3 ? 'beta' : 'prod' },
  });
  assert.equal(await target(answer, 'INSTANCE'), `web-${i}`);
}
const { Instance } = await send('GetInstance', { ServiceId: web.Id, InstanceId: 'web-1' });
assert.deepEqual(Instance.Attributes, { AWS_INSTANCE_IPV4: '10.0.0.1', stage: 'beta' });
let listed = 0;
for await (const page of sdk.paginateListInstances({ client, pageSize: 2 }, { ServiceId: web.Id })) listed += page.Instances.length;
assert.equal(listed, 3);
await send('ListInstances', { ServiceId: web.Id });
await send('UpdateInstanceCustomHealthStatus', { ServiceId: web.Id, InstanceId: 'web-2', Status: 'UNHEALTHY' });
const { Status } = await send('GetInstancesHealthStatus', { ServiceId: web.Id });
assert.deepEqual(Status, { 'web-1': 'HEALTHY', 'web-2': 'UNHEALTHY', 'web-3': 'HEALTHY' });
const { Operations } = await send('ListOperations', { Filters: [{ Name: 'SERVICE_ID', Values: [web.Id] }] });
assert.ok(Operations.length >= 3);

// Discovery
const where = { NamespaceName: 'js.example', ServiceName: 'web' };
const found = await send('DiscoverInstances', { ...where, QueryParameters: { stage: 'beta' } });
assert.deepEqual(ids(found.Instances), ['web-1']);
const all = await send('DiscoverInstances', { ...where, HealthStatus: 'ALL' });
assert.deepEqual(ids(all.Instances), ['web-1', 'web-2', 'web-3']);
const { InstancesRevision } = await send('DiscoverInstancesRevision', where);
assert.equal(InstancesRevision, all.InstancesRevision);

// And away, in the order AWS demands
await fails('ResourceInUse', 'DeleteService', { Id: web.Id });
for (const i of [1, 2, 3]) await send('DeregisterInstance', { ServiceId: web.Id, InstanceId: `web-${i}` });
await fails('InstanceNotFound', 'DeregisterInstance', { ServiceId: web.Id, InstanceId: 'web-1' });
await fails('ResourceInUse', 'DeleteNamespace', { Id: open });
await send('DeleteService', { Id: web.Id });
for (const Id of [http, hidden, open]) await send('DeleteNamespace', { Id });

const all30 = Object.keys(sdk).filter((name) => name.endsWith('Command') && name !== '$Command').map((name) => name.slice(0, -'Command'.length));
assert.deepEqual(all30.filter((operation) => !done.has(operation)), [], 'operations that were not run');
console.log(`${done.size} operations`);
