#include "health/probe_words.h"

#include <boost/asio/error.hpp>
#include <cerrno>

namespace waypost::health {
namespace {

struct Words {
  int number;
  std::string_view text;
};

constexpr Words kWords[] = {
    {ECONNREFUSED, "connection refused"},
    {ECONNRESET, "reset by peer"},
    {ECONNABORTED, "connection aborted"},
    {EPIPE, "closed by peer"},
    {ETIMEDOUT, "no answer"},
    {EHOSTUNREACH, "no route to host"},
    {ENETUNREACH, "network unreachable"},
    {EHOSTDOWN, "host is down"},
    {ENETDOWN, "network is down"},
    {EPROTO, "protocol error"},
    // Ours, not the checked one's.
    {EMFILE, "this server has no file descriptor left"},
    {ENFILE, "this server has no file descriptor left"},
    {ENOBUFS, "this server has no memory left for sockets"},
    {ENOMEM, "this server has no memory left for sockets"},
    {EADDRNOTAVAIL, "this server has no free port or no address for it"},
    {EAFNOSUPPORT, "this server does not have this kind of address"},
    {EINVAL, "this server cannot connect to this address"},
    {EACCES, "this server forbids it"},
    {EPERM, "this server forbids it"},
};

}  // namespace

std::string WordsOf(int error_number) {
  for (const Words& words : kWords) {
    if (words.number == error_number) return std::string(words.text);
  }
  return boost::system::error_code(error_number, boost::system::system_category()).message();
}

std::string WordsOf(const boost::system::error_code& error) {
  if (error == boost::asio::error::eof) return "closed by peer";
  if (error.category() == boost::system::system_category()) return WordsOf(error.value());
  return error.message();
}

std::string DoorText(const model::CheckDoor& door) {
  const bool v6 = door.host.find(':') != std::string::npos;
  std::string text;
  text.reserve(door.host.size() + 8);
  if (v6) text += '[';
  text += door.host;
  text += v6 ? "]:" : ":";
  text += std::to_string(door.port);
  return text;
}

std::string Shortened(std::string_view text, std::size_t size_max) {
  if (text.size() <= size_max) return std::string(text);
  std::size_t size = size_max;
  // Not amid a UTF-8 sequence.
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "…";
}

}  // namespace waypost::health
