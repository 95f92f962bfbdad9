waypost_fuzz(http_request_fuzz SOURCES http_request_fuzz.cc SEES http model
             CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/http_request)
waypost_fuzz(http_fields_fuzz SOURCES ${CMAKE_CURRENT_LIST_DIR}/http_fields_fuzz.cc SEES http model
             CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/http_fields)
