#include "waypost/cli/env.h"

#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/http_client.h"

namespace waypost::cli {
namespace {

/// Where the running server is, as its clients need it.
struct Server {
  std::string http;  // host:port of its first HTTP door
  std::string dns;   // host:port of its first DNS door
  std::string region;
  std::string api_name;
};

/// A wildcard address is no place to connect to.
std::string Reachable(std::string address) {
  if (address.starts_with("0.0.0.0:")) return "127.0.0.1" + address.substr(7);
  if (address.starts_with("[::]:")) return "[::1]" + address.substr(4);
  return address;
}

std::string ForCli(const Server& server) {
  return "# AWS CLI v1 and v2. The x@ takes the prefix \"data-\" that the CLI puts before the host of "
         "discover-instances.\n"
         "export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=" +
         server.region +
         "\n"
         "alias waymap='aws --endpoint-url http://x@" +
         server.http +
         " servicediscovery'\n"
         "# waymap list-namespaces\n"
         "# CLI of 2025 and later may use instead: export AWS_DISABLE_HOST_PREFIX_INJECTION=true "
         "AWS_ENDPOINT_URL_SERVICEDISCOVERY=http://" +
         server.http + "\n";
}

std::string ForBoto3(const Server& server) {
  return "import boto3\n"
         "from botocore.config import Config\n"
         "\n"
         "client = boto3.client(\"servicediscovery\", endpoint_url=\"http://" +
         server.http + "\", region_name=\"" + server.region +
         "\",\n"
         "                      aws_access_key_id=\"test\", aws_secret_access_key=\"test\",\n"
         "                      config=Config(inject_host_prefix=False))\n";
}

std::string ForJs(const Server& server) {
  return "import { ServiceDiscoveryClient } from \"@aws-sdk/client-servicediscovery\";\n"
         "\n"
         "const client = new ServiceDiscoveryClient({\n"
         "  endpoint: \"http://" +
         server.http +
         "\",\n"
         "  region: \"" +
         server.region +
         "\",\n"
         "  credentials: { accessKeyId: \"test\", secretAccessKey: \"test\" },\n"
         "  disableHostPrefix: true,\n"
         "});\n";
}

std::string ForGo(const Server& server) {
  return "// github.com/aws/aws-sdk-go-v2/service/servicediscovery, "
         "github.com/aws/smithy-go/{middleware,transport/http}\n"
         "client := servicediscovery.NewFromConfig(cfg, func(o *servicediscovery.Options) {\n"
         "\to.BaseEndpoint = aws.String(\"http://" +
         server.http +
         "\")\n"
         "\to.Region = \"" +
         server.region +
         "\"\n"
         "\to.Credentials = credentials.NewStaticCredentialsProvider(\"test\", \"test\", \"\")\n"
         "\to.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {\n"
         "\t\treturn stack.Initialize.Add(middleware.InitializeMiddlewareFunc(\"NoHostPrefix\",\n"
         "\t\t\tfunc(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (\n"
         "\t\t\t\tmiddleware.InitializeOutput, middleware.Metadata, error) {\n"
         "\t\t\t\treturn next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)\n"
         "\t\t\t}), middleware.Before)\n"
         "\t})\n"
         "})\n";
}

std::string ForJava(const Server& server) {
  return "ServiceDiscoveryClient client = ServiceDiscoveryClient.builder()\n"
         "    .endpointOverride(URI.create(\"http://" +
         server.http +
         "\"))\n"
         "    .region(Region.of(\"" +
         server.region +
         "\"))\n"
         "    .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(\"test\", \"test\")))\n"
         "    .overrideConfiguration(c -> c.putAdvancedOption(SdkAdvancedClientOption.DISABLE_HOST_PREFIX_INJECTION, "
         "true))\n"
         "    .build();\n";
}

std::string ForTerraform(const Server& server) {
  return "provider \"aws\" {\n"
         "  region                      = \"" +
         server.region +
         "\"\n"
         "  access_key                  = \"test\"\n"
         "  secret_key                  = \"test\"\n"
         "  skip_credentials_validation = true\n"
         "  skip_metadata_api_check     = true\n"
         "  endpoints {\n"
         "    servicediscovery = \"http://" +
         server.http +
         "\"\n"
         "    sts              = \"http://" +
         server.http +
         "\"\n"
         "  }\n"
         "}\n";
}

struct Client {
  std::string name;
  std::string comment;  // what begins a comment line in its language
  std::function<std::string(const Server&)> settings;
};

const std::vector<Client>& Clients() {
  static const std::vector<Client> clients = {{"cli", "#", ForCli},    {"boto3", "#", ForBoto3},
                                              {"js", "//", ForJs},     {"go", "//", ForGo},
                                              {"java", "//", ForJava}, {"terraform", "#", ForTerraform}};
  return clients;
}

std::string DnsHint(const Server& server, const std::string& comment) {
  const std::size_t colon = server.dns.rfind(':');
  std::string host = server.dns.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  std::string hint =
      comment + " DNS: dig @" + host + " -p " + server.dns.substr(colon + 1) + " <service>.<namespace>\n";
  if (!server.api_name.empty()) {
    hint += comment + " Where this DNS is the resolver, http://" + server.api_name +
            server.http.substr(server.http.rfind(':')) + " works for every client unchanged.\n";
  }
  return hint;
}

}  // namespace

const std::vector<std::string>& EnvClients() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Client& client : Clients()) all.push_back(client.name);
    return all;
  }();
  return names;
}

int PrintEnv(const EnvOptions& options) {
  const std::string endpoint = ChooseEndpoint(options.endpoint);
  const model::Result<HttpClient> client = HttpClient::Create(endpoint);
  if (!client.ok()) return Report(client.error());
  const model::Result<std::string> body = client->Get("/v1/server");
  if (!body.ok()) return Report(body.error());
  const nlohmann::json info = nlohmann::json::parse(*body, nullptr, false);
  if (!info.is_object() || info.value("http", nlohmann::json::array()).empty() ||
      info.value("dns", nlohmann::json::array()).empty()) {
    std::fprintf(stderr, "waypost: the server at %s does not describe itself; is it waypost?\n", endpoint.c_str());
    return 1;
  }
  const Server server{Reachable(info["http"][0]), Reachable(info["dns"][0]), info.value("region", ""),
                      info.value("api-name", "")};
  nlohmann::ordered_json all;
  for (const Client& kind : Clients()) {
    if (!options.client.empty() && kind.name != options.client) continue;
    if (options.json) {
      all[kind.name] = kind.settings(server);
      continue;
    }
    if (options.client.empty()) std::printf("%s --- %s ---\n", kind.comment.c_str(), kind.name.c_str());
    std::printf("%s%s", kind.settings(server).c_str(), DnsHint(server, kind.comment).c_str());
    if (options.client.empty()) std::printf("\n");
  }
  if (options.json) std::printf("%s\n", all.dump(2).c_str());
  return 0;
}

}  // namespace waypost::cli
