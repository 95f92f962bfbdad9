waypost_fuzz(dns_message_fuzz CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/corpus/dns_message SOURCES dns_message_fuzz.cc
             SEES dns zone view model telemetry)
