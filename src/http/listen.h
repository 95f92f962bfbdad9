#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "http/types.h"
#include "waypost/model/result.h"

namespace waypost::http {

/// "127.0.0.1:5380" or "[::1]:5380". Err: kConfig.
model::Result<asio::ip::tcp::endpoint> ParseEndpoint(std::string_view text);
std::string FormatEndpoint(const asio::ip::tcp::endpoint& endpoint);

/// Listening sockets of one address, one an io_context, all on one port, which the first takes alone: another process
/// that has the address is found even when it shares ports too. Err: kInUse, kPermission, kConfig, kIo.
model::Result<std::vector<Acceptor>> Listen(const std::vector<asio::io_context*>& contexts,
                                            asio::ip::tcp::endpoint endpoint, bool v6_only);

}  // namespace waypost::http
