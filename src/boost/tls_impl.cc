// The non-template code of Boost.Asio's TLS streams, compiled once: see BOOST_ASIO_SEPARATE_COMPILATION.
#include <boost/asio/ssl/impl/src.hpp>
