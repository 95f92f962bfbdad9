#pragma once

#include <string>

#include "health/probes/backend.h"

namespace waypost::health {

/// What an in-process gRPC server answers to one call, whatever it is.
struct GrpcAnswering {
  std::string http_status = "200";
  std::string content_type = "application/grpc";
  std::string grpc_status = "0";  ///< empty: no such field
  std::string message = {};       ///< with its gRPC frame
  bool trailers_only = false;     ///< grpc-status in the header and nothing behind it
  bool reset = false;             ///< RST_STREAM instead of an answer
};

/// Serves one connection with nghttp2; `seen` gets path, content type, te and the message of the call.
Backend::Serve ServeGrpc(GrpcAnswering answering, std::string* seen = nullptr);

}  // namespace waypost::health
