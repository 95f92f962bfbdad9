#pragma once

#include <chrono>
#include <string>

#include "waypost/model/result.h"

namespace waypost::cli {

/// `--endpoint`, or WAYPOST_ENDPOINT, or http://127.0.0.1:5380.
std::string ChooseEndpoint(const std::string& given);

/// What a server answered, whatever its status.
struct HttpAnswer {
  unsigned status = 0;
  std::string body = {};
};

/// Asks one server, one request after another, each on a connection of its own.
class HttpClient {
 public:
  /// How long a server may take to be reached, and to answer.
  static constexpr std::chrono::seconds kConnectTime{5};
  static constexpr std::chrono::seconds kAnswerTime{30};
  static constexpr std::size_t kAnswerBytesMax = 64 << 20;

  /// `endpoint` is an `http://host:port`. Err: kConfig.
  static model::Result<HttpClient> Create(const std::string& endpoint);

  const std::string& endpoint() const { return endpoint_; }

  /// The answer, of any status. `path` is percent-encoded and may hold a query; a body is sent as JSON. Err: kIo, with
  /// what to do.
  model::Result<HttpAnswer> Send(const std::string& method, const std::string& path,
                                 const std::string& body = {}) const;

  /// The body of an answer with a 2xx status. Any other is an error, in the server's own words where it has some. Err:
  /// kIo.
  model::Result<std::string> Ask(const std::string& method, const std::string& path,
                                 const std::string& body = {}) const;
  model::Result<std::string> Get(const std::string& path) const { return Ask("GET", path); }
  model::Result<std::string> Post(const std::string& path, const std::string& body) const {
    return Ask("POST", path, body);
  }
  model::Result<std::string> Delete(const std::string& path) const { return Ask("DELETE", path); }

 private:
  HttpClient(std::string endpoint, std::string host, std::string port)
      : endpoint_(std::move(endpoint)), host_(std::move(host)), port_(std::move(port)) {}

  std::string endpoint_;
  std::string host_;
  std::string port_;
};

}  // namespace waypost::cli
