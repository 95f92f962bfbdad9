#pragma once

#include <string>

#include "waypost/model/result.h"

namespace waypost::cli {

/// `--endpoint`, or WAYPOST_ENDPOINT, or http://127.0.0.1:5380.
std::string ChooseEndpoint(const std::string& given);

/// GET of a path at an `http://host:port` endpoint; the body of a 200. Err: kConfig (no such URL), kIo (nobody there,
/// another status), with what to do.
model::Result<std::string> HttpGet(const std::string& endpoint, const std::string& path);

}  // namespace waypost::cli
