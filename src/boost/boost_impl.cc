// Boost.Asio's non-template code, compiled once for all rooms: see BOOST_ASIO_SEPARATE_COMPILATION in CMakeLists.txt.
#include <boost/asio/impl/src.hpp>
