#include "cli/failover_test.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/command.h"
#include "cli/failover_doors.h"
#include "cli/failover_output.h"
#include "cli/failover_run.h"
#include "cli/failover_target.h"
#include "cli/failover_watch.h"
#include "cli/http_client.h"

namespace waypost::cli {
namespace {

using model::Code;
using model::MakeError;

model::Status CheckOptions(const FailoverOptions& options) {
  const char* wrong = nullptr;
  if (options.service.empty()) wrong = "SERVICE is missing";
  if (options.pin && !options.run.empty()) wrong = "--pin and --run both break it: give one";
  if (!options.recover.empty() && options.run.empty()) wrong = "--recover goes with --run";
  if (options.no_recovery && !options.recover.empty()) wrong = "--recover and --no-recovery contradict each other";
  if (options.no_recovery && options.bounds.recovery) wrong = "--max-recovery and --no-recovery contradict each other";
  if (options.pin && options.pin_for >= options.duration) wrong = "--for must be shorter than --duration";
  if (options.rate == 0 || options.rate > FailoverOptions::kRateMax) wrong = "--rate must be 1 to 200";
  if (options.duration > FailoverOptions::kDurationMax) wrong = "--duration must be 1h at most";
  if (wrong != nullptr) return MakeError(Code::kConfig, wrong);
  return model::Ok();
}

/// A wildcard address is no place to connect to.
std::string Reachable(std::string address) {
  if (address.starts_with("0.0.0.0:")) return "127.0.0.1" + address.substr(7);
  if (address.starts_with("[::]:")) return "[::1]" + address.substr(4);
  return address;
}

/// `--dns`, or the first DNS door that the server names.
model::Result<DnsDoor> OpenDns(const FailoverOptions& options, const HttpClient& client) {
  if (!options.dns.empty()) return DnsDoor::Open(options.dns);
  WP_TRY(body, client.Get("/v1/server"));
  const nlohmann::json info = nlohmann::json::parse(body, nullptr, false);
  const bool named = info.is_object() && info.contains("dns") && info["dns"].is_array() && !info["dns"].empty() &&
                     info["dns"][0].is_string();
  if (!named) return MakeError(Code::kIo, "the server at " + client.endpoint() + " names no DNS door; give --dns");
  return DnsDoor::Open(Reachable(info["dns"][0].get<std::string>()));
}

model::Result<FailoverResult> Test(const FailoverOptions& options) {
  WP_CHECK(CheckOptions(options));
  const std::string endpoint = ChooseEndpoint(options.endpoint);
  WP_TRY(client, HttpClient::Create(endpoint));
  WP_TRY(api, ApiDoor::Open(endpoint));
  WP_TRY(health, ApiDoor::Open(endpoint));
  WP_TRY(service, FindService(options.service, client, api));
  WP_TRY(target, ChooseTarget(service, options));
  std::optional<DnsDoor> dns;
  if (target.in_dns) {
    WP_TRY(opened, OpenDns(options, client));
    dns.emplace(std::move(opened));
  }
  EndRunsOnSignals();
  FailoverWatch watch(target, std::move(dns), std::move(api), std::move(health), options.rate);
  FailoverRun run(options, client, target, watch);
  WP_TRY(record, run.Carry());
  FailoverResult result{options.service, target.instance, target.address, run.cause(), run.ended(), options.rate};
  result.report = Analyse(record);
  result.checks = Judge(result.report, options.bounds, {target.in_dns, !record.fails_open, !options.no_recovery});
  return result;
}

model::Status WriteFile(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (written && closed) return model::Ok();
  return MakeError(Code::kIo, path + " cannot be written");
}

}  // namespace

int RunFailoverTest(const FailoverOptions& options) {
  const model::Result<FailoverResult> result = Test(options);
  if (!result.ok()) return Report(result.error());
  std::fputs((options.json ? FailoverJson(*result) : FailoverText(*result)).c_str(), stdout);
  if (!options.junit.empty()) {
    const model::Status written = WriteFile(options.junit, FailoverJunit(*result));
    if (!written.ok()) return Report(written.error());
  }
  return result->passed() ? 0 : 1;
}

}  // namespace waypost::cli
