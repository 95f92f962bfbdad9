#pragma once

#include <nghttp2/nghttp2.h>

#include "http/h2_session.h"

namespace waypost::http {

/// What nghttp2 calls, all with the session as its user data. None of them calls nghttp2 but to submit frames.
struct H2Session::Callbacks {
  static int BeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int Header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t flags, void* user);
  static int Data(nghttp2_session*, std::uint8_t flags, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                  void* user);
  static int FrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int FrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int Closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user);
  /// Octets of an answer's body.
  static ssize_t Read(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                      nghttp2_data_source*, void* user);
};

}  // namespace waypost::http
