from django.http import JsonResponse

from office.models import Order


async def order(request, number):
    found = await Order.objects.aget(pk=number)
    return JsonResponse({"total": found.total})
