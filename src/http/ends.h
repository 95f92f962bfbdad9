#pragma once

#include <string>

#include "http/channel.h"
#include "http/request_head.h"
#include "waypost/http/message.h"

namespace waypost::http {

/// Who is at both ends of a connection, as requests say it. Textual addresses without ports.
struct Ends {
  std::string peer;
  std::string local;
};

Ends EndsOf(const Socket& socket, const asio::ip::tcp::endpoint& peer);

/// What handlers are told of a request. Borrows everything.
Request RequestOf(const RequestHead& head, std::string_view body, const Ends& ends);

}  // namespace waypost::http
